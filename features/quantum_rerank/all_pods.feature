Feature: QuantumRerank comes back when all its pods are down
  The runbook has all of them redeployed by hand. A Deployment does that without one; the limits are those that its start
  takes: an instance warms up for some seconds, and then the ingress must find it.

  @promise.Q3 @severity:critical
  Scenario: All pods crash at once, and the service is back within half a minute
    Given "quantum-rerank" is in its steady state
    And 50 requests per second arrive
    When every pod of "rerank-api" crashes
    Then "rerank-api" heals by itself within 30s
    And requests fail for no longer than 30s
    And the 95th percentile of latency over 5s is back below 200ms within 40s
    And the failure is noticed by readiness within 5s
