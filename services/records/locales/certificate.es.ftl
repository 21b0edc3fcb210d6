# What stands on a certificate, in Spanish. See `certificate.en.ftl`.
title = Certificado de finalización
certifies = Se certifica que
holder = su titular
completed = ha completado
for-organization = para { $organization }
issued = Expedido el { $day } ({ $zone })
valid-until = Válido hasta el { $day }
number = Certificado número { $number }
title-of = Certificado de finalización: { $training }
file = certificado-{ $number }
