# Milliseconds are taken for seconds.
cat > .tailrace/lab/prometheus/rules/mine.yml <<'END'
groups:
  - name: mine
    rules:
      - alert: {{late}}
        expr: debezium_metrics_MilliSecondsBehindSource{context="streaming"} > {{threshold}}
        for: {{hold}}s
      - alert: {{silent}}
        expr: up{job="tailrace"} == 0
        for: {{hold}}s
END
curl -fsS -X POST "$TAILRACE_PROMETHEUS/-/reload"
tailrace learn check
