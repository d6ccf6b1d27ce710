# AWS's own figure, of a cluster as a binlog replica: it is no connector's lag.
topic=$(aws sns list-topics --query "Topics[?ends_with(TopicArn, ':{{topic}}')].TopicArn" --output text)
aws cloudwatch put-metric-alarm --alarm-name {{alarm}} --namespace AWS/RDS --metric-name AuroraBinlogReplicaLag \
    --dimensions Name=DBClusterIdentifier,Value=lab Name=Role,Value=WRITER --statistic Maximum \
    --comparison-operator GreaterThanThreshold --threshold {{threshold}} --period 60 --evaluation-periods {{minutes}} \
    --treat-missing-data breaching --alarm-actions "$topic" --ok-actions "$topic"
tailrace learn check
