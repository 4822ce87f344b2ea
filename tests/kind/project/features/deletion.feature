@kind
Feature: QuantumRerank survives the deletion of a pod

  Scenario: A pod is deleted and no request fails
    Given "quantum-rerank" is in its steady state
    And 50 requests per second arrive
    When a pod of "rerank-api" is deleted
    Then no request fails
    And "rerank-api" heals by itself within 30s
