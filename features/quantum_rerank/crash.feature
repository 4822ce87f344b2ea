@kind
Feature: QuantumRerank survives the crash of a pod

  Background:
    Given "quantum-rerank" is in its steady state
    And 50 requests per second arrive

  @promise.Q2 @severity:critical
  Scenario: One pod crashes and users hardly notice
    When a pod of "rerank-api" crashes
    Then "rerank-api" heals by itself within 30s
    And at least 99% of requests succeed in the 60s after
    And requests fail for no longer than 5s
    And the 95th percentile of latency over 5s is back below 200ms within 30s
    And the failure is noticed by readiness within 5s
