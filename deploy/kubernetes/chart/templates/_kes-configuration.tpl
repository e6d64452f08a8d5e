{{/* The configuration of the key server, as deploy/kes-config.yml explains it. */}}
{{- define "coffer.kesConfiguration" -}}
version: v1
address: 0.0.0.0:7373
admin:
  identity: {{ .Values.kes.admin }}
tls:
  key: /certs/tls.key
  cert: /certs/tls.crt
  auth: "off"
health:
  address: 0.0.0.0:7374
cache:
  expiry: {{- toYaml .Values.kes.cache | nindent 4 }}
policy:
  object-server:
    allow:
    - /v1/key/create/*
    - /v1/key/generate/*
    - /v1/key/encrypt/*
    - /v1/key/decrypt/*
    - /v1/key/describe/*
    - /v1/key/list/*
    - /v1/key/hmac/*
    - /v1/status
    - /v1/metrics
    - /v1/log/audit
    - /v1/log/error
    identities:
    - ${COFFER_IDENTITY}
  {{- with .Values.kes.policies }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
keys:
- name: {{ .Values.coffer.keyName }}
keystore: {{- toYaml .Values.kes.keystore | nindent 2 }}
{{- end -}}
