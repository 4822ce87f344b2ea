@kind
Feature: The pneumonia detector's pods are restarted without a person
  The runbook has no limits. Half a minute is chosen: an instance is restarted at once, starts in seconds and warms up for
  three. Until the news of the crash is everywhere one of two gateways refuses connections.

  @promise.P1 @severity:critical
  Scenario: One gateway crashes and comes back by itself
    Given "pneumonia-detector" is in its steady state
    And 30 requests per second arrive
    When a pod of "gateway" crashes
    Then "gateway" heals by itself within 30s
    And at least 95% of requests succeed in the 30s after
    And the failure is noticed by readiness within 5s
