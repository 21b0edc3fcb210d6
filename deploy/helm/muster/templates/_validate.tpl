{{/* What cannot be told by the schema: everything that is missing or contradicts itself, at once, and what to do. */}}
{{- define "muster.validate" -}}
{{- $wrong := list -}}
{{- $needed := dict
  "publicUrl" "what people type, such as https://muster.example.org"
  "image.repository" "where your images are: build and push them with deploy/docker/Dockerfile"
  "workloads.issuer" "kubectl get --raw /.well-known/openid-configuration | jq -r .issuer"
  "workloads.jwks" "kubectl get --raw /openid/v1/jwks > jwks.json, then --set-file workloads.jwks=jwks.json"
  "callerKeys.jwks" "deploy/secrets makes the keys, then --set-file callerKeys.jwks=secrets/caller.jwks.json"
  "services.notification.settings.smtpUrl" "your mail server, such as smtps://USER@HOST?password_file=/etc/muster/secrets/smtp-password"
  "services.notification.settings.mailFrom" "who mail comes from, such as \"Muster <no-reply@example.org>\"" -}}
{{- range $path, $hint := $needed -}}
{{- $value := $.Values -}}
{{- range splitList "." $path }}{{ $value = index $value . }}{{ end -}}
{{- if not $value }}{{ $wrong = append $wrong (printf "%s is not set: %s" $path $hint) }}{{ end -}}
{{- end -}}
{{- range $name := include "muster.services" $ | fromJsonArray -}}
{{- $service := include "muster.service" (list $ $name) | fromJson -}}
{{- if not $service.existingSecret -}}
{{- $wrong = append $wrong (printf "services.%s.existingSecret is not set: all replicas (%v) read the same keys from one Secret; make it with deploy/secrets and name it" $name $service.replicas) -}}
{{- end -}}
{{- end -}}
{{- $signIn := list -}}
{{- range .Values.people.issuers }}{{ with .clientId }}{{ $signIn = append $signIn . }}{{ end }}{{ end -}}
{{- if not $signIn -}}
{{- $wrong = append $wrong "people.issuers names no issuer with a clientId: nobody could sign in at the pages; see values.yaml for the form" -}}
{{- end -}}
{{- if not .Values.transport.mode -}}
{{- $wrong = append $wrong "transport.mode is not set: how calls between services are encrypted: certManager (certificates of cert-manager), secrets (certificates of yours, one Secret a service), or mesh (something else encrypts between Pods, such as Istio, Linkerd or WireGuard)" -}}
{{- end -}}
{{- if and .Values.transport.clientCertificates (eq .Values.transport.mode "mesh") -}}
{{- $wrong = append $wrong "transport.clientCertificates needs certificates: set transport.mode to certManager or secrets, or leave to the mesh who calls whom" -}}
{{- end -}}
{{- $https := hasPrefix "https://" .Values.publicUrl -}}
{{- if and $https (not .Values.services.gateway.settings.trustedProxies) -}}
{{- $wrong = append $wrong "services.gateway.settings.trustedProxies is not set: name the networks of the proxies in front of the gateway, such as 10.0.0.0/8, or \"none\" if clients connect directly" -}}
{{- end -}}
{{- with .Values.edge.tls -}}
{{- if and .enabled (not $https) -}}
{{- $wrong = append $wrong "edge.tls.enabled needs a publicUrl of https" -}}
{{- end -}}
{{- if and .enabled (not .existingSecret) (not .certificate.enabled) -}}
{{- $wrong = append $wrong "edge.tls.enabled needs a certificate: name a Secret in edge.tls.existingSecret, or set edge.tls.certificate.enabled for one of cert-manager" -}}
{{- end -}}
{{- if and .certificate.enabled (not .certificate.issuerRef.name) -}}
{{- $wrong = append $wrong "edge.tls.certificate.issuerRef.name is not set: the issuer of cert-manager that signs" -}}
{{- end -}}
{{- end -}}
{{- with .Values.edge.routes -}}
{{- if and (or .http.enabled .grpc.enabled) $.Values.edge.tls.enabled -}}
{{- $wrong = append $wrong "edge.routes and edge.tls exclude each other: routes are for a proxy that ends TLS; to end it at the gateway, set edge.service.type to LoadBalancer" -}}
{{- end -}}
{{- range $host := .grpc.hostnames -}}
{{- if and $.Values.edge.routes.grpc.enabled $.Values.edge.routes.http.enabled (has $host $.Values.edge.routes.http.hostnames) -}}
{{- $wrong = append $wrong (printf "edge.routes: %s is in both routes, and no listener takes an HTTPRoute and a GRPCRoute for one host; the HTTPRoute carries gRPC, too" $host) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.broker.resources.enabled (ne .Values.broker.topology "operator") -}}
{{- $wrong = append $wrong "broker.resources.enabled needs broker.topology: operator: the users that it makes may declare nothing" -}}
{{- end -}}
{{- if and (eq .Values.broker.topology "operator") .Values.broker.prefix -}}
{{- $wrong = append $wrong "broker.prefix is for topology: service; where an operator declares the broker's names, give the suite a virtual host of its own" -}}
{{- end -}}
{{- with .Values.services.notification -}}
{{- if and .keda.enabled (dig "deployment" "autoscaling" "enabled" false .) -}}
{{- $wrong = append $wrong "services.notification has keda and autoscaling: choose one, they would work against each other" -}}
{{- end -}}
{{- end -}}
{{- if $wrong -}}
{{- fail (printf "the values cannot be used:\n  %s\n" (join "\n  " $wrong)) -}}
{{- end -}}
{{- end -}}
