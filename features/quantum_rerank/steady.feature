@kind
Feature: QuantumRerank in normal load
  The runbook states what users get while nothing is wrong. Nothing is harmed here: what breaks is either neglect, or
  the noise of the machine that the other scenarios are measured on.

  @promise.Q1 @severity:critical
  Scenario: All stated latency and error limits hold while nothing is harmed
    Given "quantum-rerank" is in its steady state
    And 50 requests per second arrive
    When nothing is harmed for 30s
    Then at least 99% of requests succeed in the 30s after
    And the 95th percentile of latency over 30s stays below 200ms
    And the 95th percentile of latency of "similarity" over 30s stays below 100ms
    And the 90th percentile of latency of "batch" over 30s stays below 500ms
