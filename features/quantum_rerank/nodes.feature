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

  @severity:critical
  Scenario: A node is cordoned, and a pod that is deleted meanwhile finds its place elsewhere
    When these happen, each at its time:
      | 0s | a node of "rerank-api" is cordoned for 40s |
      | 2s | a pod of "rerank-api" is deleted           |
    Then no request fails
    And "rerank-api" heals by itself within 30s

  @promise.Q13 @severity:critical
  Scenario: A node is lost, and its pods are replaced on another one
    When a node of "rerank-api" is lost for 90s
    Then "rerank-api" heals by itself within 60s
    And requests fail for no longer than 20s
