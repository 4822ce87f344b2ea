@kind
Feature: The pneumonia detector goes on without its external service
  Second opinions come from outside, through error recovery: two instances, each with a circuit breaker that opens after five
  failures and looks again every three seconds. Readings without a second opinion say so (x-opinion: own). The runbook
  has no limits: opening within 5 s and closing within 10 s are chosen, and the fallback for nine readings of ten.

  @promise.P2 @severity:critical
  Scenario: The external service answers nothing, and readings go on at once without it
    Given "pneumonia-detector" is in its steady state
    And 30 requests per second arrive
    And calls to "external" are counted
    When "external" answers nothing for 20s
    Then the circuit breaker to "external" opens within 5s, with at most 40 calls in any 5s from then on
    And from 5s on until its end the 95th percentile of latency stays below 500ms
    And from 5s on until its end at least 90% of answers to "detect" are degraded
    And the circuit breaker to "external" closes within 10s of its end
    And every request is answered within 2s
