@kind
Feature: A pod of QuantumRerank does not stay up
  The runbook has no limit for the pod itself: a minute after the cause is gone is chosen, more than any back-off of this
  cluster and the warm-up.

  @promise.Q10
  Scenario: A pod restarts in a loop, that is named as the cause, and the others carry the load
    Given "quantum-rerank" is in its steady state
    And 50 requests per second arrive
    When a pod of "rerank-api" restarts its container in a loop for 30s
    Then the cause is named as crash loop
    And at least 99% of requests succeed in the 30s after
    And "rerank-api" recovers within 60s of its end
