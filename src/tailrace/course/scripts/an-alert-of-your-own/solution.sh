cat > .tailrace/lab/prometheus/rules/mine.yml <<'END'
groups:
  - name: mine
    rules:
      - alert: {{late}}
        expr: debezium_metrics_MilliSecondsBehindSource{context="streaming"} / 1000 > {{threshold}}
        for: {{hold}}s
      - alert: {{silent}}
        expr: up{job="tailrace"} == 0 or absent(up{job="tailrace"})
        for: {{hold}}s
END
tailrace lab promtool check rules .tailrace/lab/prometheus/rules/mine.yml
curl -fsS -X POST "$TAILRACE_PROMETHEUS/-/reload"
tailrace learn check
