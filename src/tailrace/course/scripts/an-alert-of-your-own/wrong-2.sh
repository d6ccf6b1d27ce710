# A worker that is gone has no series: nothing is 0.
cat > .tailrace/lab/prometheus/rules/mine.yml <<'END'
groups:
  - name: mine
    rules:
      - alert: {{late}}
        expr: debezium_metrics_MilliSecondsBehindSource{context="streaming"} / 1000 > {{threshold}}
        for: {{hold}}s
      - alert: {{silent}}
        expr: debezium_metrics_Connected{context="streaming"} == 0
        for: {{hold}}s
END
curl -fsS -X POST "$TAILRACE_PROMETHEUS/-/reload"
tailrace learn check
