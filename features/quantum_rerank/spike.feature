@kind
Feature: QuantumRerank follows its users
  The runbook's autoscaler: 3 to 10 pods at 70 % of their processors, a minute until it scales up. It says nothing of how
  soon there are more: two minutes are chosen, the minute and half as much again for metrics, one look and the warm-up.

  @promise.Q17
  Scenario: Four times as many users come, and there are more pods within two minutes
    Given "quantum-rerank" is in its steady state
    And 50 requests per second arrive
    When the load rises to 4 times its rate for 150s
    Then "rerank-api" has 5 ready instances within 120s
    And "rerank-api" keeps between 3 and 10 ready instances
    And the 95th percentile of latency over 10s is back below 200ms within 130s
