# What stands on a certificate, from above, and what its file is called.
title = Certificate of completion
certifies = This certifies that
holder = its holder
completed = has completed
for-organization = for { $organization }
issued = Issued on { $day } ({ $zone })
valid-until = Valid until { $day }
number = Certificate number { $number }
title-of = Certificate of completion: { $training }
file = certificate-{ $number }
