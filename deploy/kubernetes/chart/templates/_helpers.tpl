{{/* The name of everything of the object server's; the key server's have -kes behind it. */}}
{{- define "coffer.name" -}}
{{- if contains "coffer" .Release.Name -}}{{ .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else -}}{{ printf "%s-coffer" .Release.Name | trunc 52 | trimSuffix "-" }}{{- end -}}
{{- end -}}

{{- define "coffer.kesName" -}}{{ include "coffer.name" . }}-kes{{- end -}}

{{/* Labels of a part: dict "root" $ "part" "server". */}}
{{- define "coffer.selector" -}}
app.kubernetes.io/name: coffer
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{- define "coffer.labels" -}}
{{ include "coffer.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end -}}

{{/* What the Pod Security Standards call restricted. */}}
{{- define "coffer.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "coffer.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop:
  - ALL
{{- end -}}

{{- define "coffer.authSecret" -}}
{{- .Values.coffer.auth.existingSecret | default (printf "%s-root" (include "coffer.name" .)) -}}
{{- end -}}

{{- define "coffer.clientSecret" -}}
{{- .Values.kes.client.existingSecret | default (printf "%s-client" (include "coffer.kesName" .)) -}}
{{- end -}}

{{- define "coffer.tlsSecret" -}}
{{- if eq .Values.tls.mode "certManager" -}}{{ include "coffer.name" . }}-tls{{- else -}}{{ .Values.tls.secrets.coffer }}{{- end -}}
{{- end -}}

{{- define "coffer.kesTLSSecret" -}}
{{- if eq .Values.tls.mode "certManager" -}}{{ include "coffer.kesName" . }}-tls{{- else -}}{{ .Values.tls.secrets.kes }}{{- end -}}
{{- end -}}

{{/* Names of a service within the cluster: dict "root" $ "name" NAME. */}}
{{- define "coffer.serviceNames" -}}
- {{ .name }}
- {{ .name }}.{{ .root.Release.Namespace }}
- {{ .name }}.{{ .root.Release.Namespace }}.svc
- {{ .name }}.{{ .root.Release.Namespace }}.svc.cluster.local
{{- end -}}
