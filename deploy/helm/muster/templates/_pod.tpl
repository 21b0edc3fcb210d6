{{/* Whether a process is alive never depends on database or broker; whether it is ready does. Where calls arrive there may be
     TLS, which the kubelet's gRPC probes do not speak: processes are asked at the address for operators. No preStop: when it is
     told to stop, the process itself is "not ready" for MUSTER_DRAIN_DELAY before it refuses connections. */}}
{{- define "muster.probes" -}}
startupProbe:
  httpGet: {port: admin, path: /livez}
  periodSeconds: 2
  failureThreshold: {{ div (add .startupSeconds 1) 2 }}
livenessProbe:
  httpGet: {port: admin, path: /livez}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {port: admin, path: /readyz}
  periodSeconds: 5
  timeoutSeconds: 2
  failureThreshold: 2
{{- end -}}

{{/* The Secret with a service's certificate for calls between services: (list $ "records") */}}
{{- define "muster.transportSecret" -}}
{{- printf "%s-%s" (index . 0).Values.transport.secretsPrefix (index . 1) -}}
{{- end -}}

{{/* (list $ "gateway" $service) */}}
{{- define "muster.mounts" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $service := index . 2 -}}
- {name: keys, mountPath: /etc/muster/keys, readOnly: true}
- {name: secrets, mountPath: /etc/muster/secrets, readOnly: true}
- {name: tokens, mountPath: /var/run/secrets/muster/tokens, readOnly: true}
{{- if ne $root.Values.transport.mode "mesh" }}
- {name: transport, mountPath: /etc/muster/transport, readOnly: true}
{{- end }}
{{- if eq $name "gateway" }}
- {name: issuers, mountPath: /etc/muster/issuers, readOnly: true}
{{- if $root.Values.edge.tls.enabled }}
- {name: tls, mountPath: /etc/muster/tls, readOnly: true}
{{- end }}
{{- if $service.policiesConfigMap }}
- {name: policies, mountPath: /etc/muster/policies, readOnly: true}
{{- end }}
{{- if $service.extraPoliciesConfigMap }}
- {name: extra-policies, mountPath: /etc/muster/extra-policies, readOnly: true}
{{- end }}
{{- end }}
{{- if and (ne $name "gateway") $root.Values.broker.caConfigMap }}
- {name: broker, mountPath: /etc/muster/broker, readOnly: true}
{{- end }}
{{- if and (eq $name "employment") $service.positionsConfigMap }}
- {name: positions, mountPath: /etc/muster/positions, readOnly: true}
{{- end }}
{{- if and (eq $name "notification") $service.smtpRootsConfigMap }}
- {name: smtp-roots, mountPath: /etc/muster/smtp-roots, readOnly: true}
{{- end }}
{{- with $service.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "muster.volumes" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $service := index . 2 -}}
- name: keys
  configMap: {name: muster-keys}
- name: secrets
  secret:
    secretName: {{ $service.existingSecret }}
    defaultMode: 0440
    items:
      {{- range include "muster.secretKeys" . | fromJsonArray }}
      - {key: {{ . }}, path: {{ . }}}
      {{- end }}
- name: tokens
  projected:
    defaultMode: 0440
    sources:
      {{- range include "muster.callees" (list $root $name) | fromJsonArray }}
      - serviceAccountToken: {audience: {{ . }}, path: {{ . }}, expirationSeconds: {{ $root.Values.workloads.tokenSeconds }}}
      {{- end }}
{{- if ne $root.Values.transport.mode "mesh" }}
- name: transport
  secret:
    {{- if and (eq $name "gateway") (not $root.Values.transport.clientCertificates) }}
    # It shows no service a certificate; whom it believes is said in each of their Secrets.
    secretName: {{ include "muster.transportSecret" (list $root "organization") }}
    items: [{key: ca.crt, path: ca.crt}]
    {{- else }}
    secretName: {{ include "muster.transportSecret" (list $root $name) }}
    {{- end }}
    defaultMode: 0440
{{- end }}
{{- if eq $name "gateway" }}
- name: issuers
  configMap: {name: muster-issuers}
{{- if $root.Values.edge.tls.enabled }}
- name: tls
  secret: {secretName: {{ $root.Values.edge.tls.existingSecret | default "muster-gateway-tls" }}, defaultMode: 0440}
{{- end }}
{{- with $service.policiesConfigMap }}
- name: policies
  configMap: {name: {{ . }}}
{{- end }}
{{- with $service.extraPoliciesConfigMap }}
- name: extra-policies
  configMap: {name: {{ . }}}
{{- end }}
{{- end }}
{{- if and (ne $name "gateway") $root.Values.broker.caConfigMap }}
- name: broker
  configMap: {name: {{ $root.Values.broker.caConfigMap }}}
{{- end }}
{{- if eq $name "employment" }}
{{- with $service.positionsConfigMap }}
- name: positions
  configMap: {name: {{ . }}}
{{- end }}
{{- end }}
{{- if eq $name "notification" }}
{{- with $service.smtpRootsConfigMap }}
- name: smtp-roots
  configMap: {name: {{ . }}}
{{- end }}
{{- end }}
{{- with $service.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}
