@compose
Feature: The chest X-ray detector survives a crash of its API

  Background:
    Given "chest-xray" is in its steady state
    And 20 requests per second arrive

  @promise.X4 @severity:critical
  Scenario: The crashed API container comes back by itself
    When a pod of "detector-api" crashes
    Then "detector-api" heals by itself within 30s
    And requests fail for no longer than 15s
    And the failure is noticed by readiness within 5s
    And the 95th percentile of latency over 10s is back below 2s within 30s
