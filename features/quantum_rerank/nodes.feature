@kind
Feature: QuantumRerank when a node goes

  Background:
    Given "quantum-rerank" is in its steady state
    And 50 requests per second arrive

  @promise.Q12 @severity:critical
  Scenario: A node is drained for maintenance and users do not notice
    When a node of "rerank-api" is drained
    Then "rerank-api" heals by itself within 60s
    And at least 99% of requests succeed in the 60s after
