{{/* The six, in the order in which they are rendered. */}}
{{- define "muster.services" -}}
["gateway", "organization", "employment", "invitation", "notification", "records"]
{{- end -}}

{{/* What a service says, over the defaults, with its deployment's keys beside the others: (list $ "gateway") */}}
{{- define "muster.service" -}}
{{- $root := index . 0 -}}
{{- $own := index $root.Values.services (index . 1) -}}
{{- $merged := include "muster.merge" (list $root.Values.defaults $own) | fromJson -}}
{{- merge (omit $merged "deployment") $merged.deployment | toJson -}}
{{- end -}}

{{/* The second map over the first, in JSON. What sprig's mergeOverwrite does not: false, 0 and "" count. */}}
{{- define "muster.merge" -}}
{{- $merged := deepCopy (index . 0) -}}
{{- range $key, $value := index . 1 -}}
{{- $under := index $merged $key -}}
{{- if and (kindIs "map" $value) (kindIs "map" $under) -}}
{{- $value = include "muster.merge" (list $under $value) | fromJson -}}
{{- end -}}
{{- $_ := set $merged $key $value -}}
{{- end -}}
{{- $merged | toJson -}}
{{- end -}}

{{/* Labels that never change: (list $ "gateway") */}}
{{- define "muster.selector" -}}
app.kubernetes.io/name: muster
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "muster.labels" -}}
{{- $root := index . 0 -}}
{{ include "muster.selector" . }}
app.kubernetes.io/part-of: muster
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version }}
{{- end -}}

{{/* (list $ "gateway" $service) */}}
{{- define "muster.image" -}}
{{- $root := index . 0 -}}
{{- $image := (index . 2).image -}}
{{- $repository := $image.repository | default (printf "%s/muster-%s" $root.Values.image.repository (index . 1)) -}}
{{- if $image.digest -}}
{{ $repository }}@{{ $image.digest }}
{{- else -}}
{{ $repository }}:{{ $image.tag | default $root.Values.image.tag | default $root.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "muster.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "muster.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Whom a service calls as itself, each with a token of its own: (list $ "records") */}}
{{- define "muster.callees" -}}
{{- $graph := (index . 0).Files.Get "files/calls.json" | fromJson -}}
{{- index $graph.calls (index . 1) | default list | toJson -}}
{{- end -}}

{{/* Whom a service has to know: whom it calls, and whom the gateway forwards to. */}}
{{- define "muster.peers" -}}
{{- $graph := (index . 0).Files.Get "files/calls.json" | fromJson -}}
{{- if eq (index . 1) "gateway" -}}
{{- $graph.forwarded | toJson -}}
{{- else -}}
{{- include "muster.callees" . -}}
{{- end -}}
{{- end -}}

{{/* Who calls a service. */}}
{{- define "muster.callers" -}}
{{- $name := index . 1 -}}
{{- $graph := (index . 0).Files.Get "files/calls.json" | fromJson -}}
{{- $callers := list -}}
{{- range $caller, $callees := $graph.calls -}}
{{- if has $name $callees }}{{ $callers = append $callers $caller }}{{ end -}}
{{- end -}}
{{- if has $name $graph.forwarded }}{{ $callers = append $callers "gateway" }}{{ end -}}
{{- $callers | uniq | sortAlpha | toJson -}}
{{- end -}}

{{/* The keys of a service's secret that its process reads: (list $ "gateway" $service) */}}
{{- define "muster.secretKeys" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $keys := list "database-url" "amqp-url" "page-key" -}}
{{- if eq $name "gateway" -}}
{{- $keys = list "caller-key" "session-key" -}}
{{- range $root.Values.people.issuers }}{{ with .clientSecretKey }}{{ $keys = append $keys . }}{{ end }}{{ end -}}
{{- end -}}
{{- if eq $name "invitation" }}{{ $keys = append $keys "link-keys.toml" }}{{ end -}}
{{- if dig "dkim" "enabled" false (index . 2) }}{{ $keys = append $keys "dkim-keys.toml" }}{{ end -}}
{{- if dig "bounces" "address" "" (index . 2) }}{{ $keys = append $keys "bounce-key" }}{{ end -}}
{{- range (index . 2).secretKeys }}{{ $keys = append $keys . }}{{ end -}}
{{- $keys | uniq | toJson -}}
{{- end -}}

{{/* The value of a setting as text: numbers come as floats, and 10000000 is not 1e+07. */}}
{{- define "muster.text" -}}
{{- if kindIs "float64" . -}}
{{- if eq (floor .) . }}{{ int64 . }}{{ else }}{{ . }}{{ end -}}
{{- else -}}
{{- . -}}
{{- end -}}
{{- end -}}
