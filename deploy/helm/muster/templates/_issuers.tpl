{{/* people.issuers as the gateway reads them. A text in JSON is one in TOML, too. */}}
{{- define "muster.issuers" -}}
{{- range .Values.people.issuers }}
[[issuer]]
url = {{ .url | toJson }}
audience = {{ .audience | toJson }}
{{- with .clientId }}
client_id = {{ . | toJson }}
{{- end }}
{{- with .clientSecretKey }}
client_secret_file = {{ printf "/etc/muster/secrets/%s" . | toJson }}
{{- end }}
{{- with .name }}
name = {{ . | toJson }}
{{- end }}
{{- if .requireAtJwt }}
require_at_jwt = true
{{- end }}
{{- if .trustEmail }}
trust_email = true
{{- end }}
{{- with .staffClaim }}
staff_claim = {{ . | toJson }}
{{- end }}
{{- with .staffValue }}
staff_value = {{ . | toJson }}
{{- end }}
{{ end }}
{{- end -}}
