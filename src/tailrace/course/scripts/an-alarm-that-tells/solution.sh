topic=$(aws sns list-topics --query "Topics[?ends_with(TopicArn, ':{{topic}}')].TopicArn" --output text)
aws cloudwatch put-metric-alarm --alarm-name {{alarm}} --namespace Tailrace --metric-name Lag \
    --dimensions Name=Connector,Value={{connector}} --statistic Maximum --comparison-operator GreaterThanThreshold \
    --threshold {{threshold}} --period 60 --evaluation-periods {{minutes}} --treat-missing-data breaching \
    --alarm-actions "$topic" --ok-actions "$topic"
tailrace learn check
