{{/* The environment of a service: (list $ "gateway" $service). Settings are called like their variables: drainDelay is
     MUSTER_DRAIN_DELAY. */}}
{{- define "muster.environment" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $service := index . 2 -}}
{{- $host := $service.settings.listenHost -}}
- {name: MUSTER_LISTEN, value: {{ printf "%s:8080" $host | quote }}}
- {name: MUSTER_ADMIN_LISTEN, value: {{ printf "%s:8081" $host | quote }}}
- {name: MUSTER_WORKLOAD_ISSUER, value: {{ $root.Values.workloads.issuer | quote }}}
- {name: MUSTER_WORKLOAD_JWKS, value: /etc/muster/keys/workload.jwks.json}
- {name: MUSTER_WORKLOAD_NAMESPACE, value: {{ $root.Release.Namespace | quote }}}
- {name: MUSTER_WORKLOAD_TOKENS, value: /var/run/secrets/muster/tokens}
{{- $mesh := eq $root.Values.transport.mode "mesh" }}
{{- range include "muster.peers" (list $root $name) | fromJsonArray }}
- {name: MUSTER_{{ upper . }}_URL, value: "{{ $mesh | ternary "http" "https" }}://muster-{{ . }}:8080"}
{{- end }}
- {name: MUSTER_PLAINTEXT, value: {{ $mesh | ternary "mesh" "loopback" }}}
{{- if not $mesh }}
- {name: MUSTER_SERVICES_CA, value: /etc/muster/transport/ca.crt}
{{- if $root.Values.transport.clientCertificates }}
- {name: MUSTER_SERVICES_CERTIFICATE, value: /etc/muster/transport/tls.crt}
- {name: MUSTER_SERVICES_KEY, value: /etc/muster/transport/tls.key}
{{- end }}
{{- if ne $name "gateway" }}
- {name: MUSTER_TLS_CERTIFICATE, value: /etc/muster/transport/tls.crt}
- {name: MUSTER_TLS_KEY, value: /etc/muster/transport/tls.key}
{{- /* Not of the gateway: people come there. */}}
{{- if eq (toString $root.Values.transport.clientCertificates) "true" }}
- {name: MUSTER_TLS_CLIENT_CA, value: /etc/muster/transport/ca.crt}
{{- end }}
{{- end }}
{{- end }}
{{- if eq $name "gateway" }}
{{- include "muster.environment.gateway" . }}
{{- else }}
- {name: MUSTER_DATABASE_URL, value: "file:/etc/muster/secrets/database-url"}
- {name: MUSTER_AMQP_URL, value: "file:/etc/muster/secrets/amqp-url"}
{{- if $root.Values.broker.caConfigMap }}
- {name: MUSTER_AMQP_CA, value: /etc/muster/broker/ca.crt}
{{- end }}
- {name: MUSTER_AMQP_PREFIX, value: {{ $root.Values.broker.prefix | quote }}}
- {name: MUSTER_AMQP_TOPOLOGY, value: {{ $root.Values.broker.topology }}}
- {name: MUSTER_CALLER_JWKS, value: /etc/muster/keys/caller.jwks.json}
- {name: MUSTER_PAGE_KEY, value: /etc/muster/secrets/page-key}
{{- end }}
{{- if eq $name "invitation" }}
- {name: MUSTER_LINK_KEYS, value: /etc/muster/secrets/link-keys.toml}
{{- end }}
{{- if has $name (list "gateway" "invitation" "organization") }}
- {name: MUSTER_PUBLIC_URL, value: {{ $root.Values.publicUrl | quote }}}
{{- end }}
{{- /* One value: with different ones a day would end at one time for one service and at another for the next. */}}
{{- if and (has $name (list "organization" "employment" "records")) $root.Values.timeZones }}
- {name: MUSTER_TIME_ZONES, value: {{ $root.Values.timeZones | quote }}}
{{- end }}
{{- if and (eq $name "employment") $service.positionsConfigMap }}
- {name: MUSTER_POSITIONS, value: /etc/muster/positions/positions.toml}
{{- end }}
{{- if and (eq $name "notification") $service.smtpRootsConfigMap }}
- {name: MUSTER_SMTP_ROOTS, value: /etc/muster/smtp-roots/roots.pem}
{{- end }}
{{- if dig "dkim" "enabled" false $service }}
- {name: MUSTER_DKIM_KEYS, value: /etc/muster/secrets/dkim-keys.toml}
{{- end }}
{{- with dig "bounces" "address" "" $service }}
- {name: MUSTER_BOUNCE_ADDRESS, value: {{ . | quote }}}
- {name: MUSTER_BOUNCE_KEY, value: /etc/muster/secrets/bounce-key}
- {name: MUSTER_BOUNCE_LISTEN, value: {{ printf "%s:2424" $host | quote }}}
{{- end }}
{{- range $key, $value := omit $service.settings "listenHost" }}
{{- if not (kindIs "invalid" $value) }}
- {name: MUSTER_{{ snakecase $key | upper }}, value: {{ include "muster.text" $value | quote }}}
{{- end }}
{{- end }}
{{- with $service.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "muster.environment.gateway" }}
{{- $root := index . 0 -}}
{{- $service := index . 2 }}
- {name: MUSTER_ISSUERS, value: /etc/muster/issuers/issuers.toml}
- {name: MUSTER_CALLER_KEY, value: /etc/muster/secrets/caller-key}
- {name: MUSTER_SESSION_KEY, value: /etc/muster/secrets/session-key}
{{- if $root.Values.edge.tls.enabled }}
- {name: MUSTER_TLS_CERTIFICATE, value: /etc/muster/tls/tls.crt}
- {name: MUSTER_TLS_KEY, value: /etc/muster/tls/tls.key}
{{- end }}
{{- if $service.policiesConfigMap }}
- {name: MUSTER_POLICIES, value: /etc/muster/policies}
{{- end }}
{{- if $service.extraPoliciesConfigMap }}
- {name: MUSTER_EXTRA_POLICIES, value: /etc/muster/extra-policies}
{{- end }}
{{- end -}}
