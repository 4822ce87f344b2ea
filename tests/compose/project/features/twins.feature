@compose
Feature: Twins of the chest X-ray detector that break what the healthy one holds

  Scenario: The crashed API container has no restart policy
    Given "chest-xray" is in its steady state
    And "detector-api" has the weakness "no restart policy"
    And 20 requests per second arrive
    When a pod of "detector-api" crashes
    Then "detector-api" heals by itself within 15s
    And requests fail for no longer than 10s
    And the failure is noticed by readiness within 5s
