@kind
Feature: What the harness itself costs

  Scenario: A short crash under 100 requests per second
    Given "quantum-rerank" is in its steady state
    And 100 requests per second arrive
    When a pod of "rerank-api" crashes
    Then at least 99% of requests succeed in the 20s after
