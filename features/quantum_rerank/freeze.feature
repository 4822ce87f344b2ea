Feature: A pod of QuantumRerank hangs
  It keeps its connections and answers nobody, which no crash detector sees.

  Scenario: One pod freezes for a while
    Given "quantum-rerank" is in its steady state
    When a pod of "rerank-api" freezes for 20s
    Then the failure is noticed by readiness within 5s
    And at least 90% of requests succeed in the 20s after
    And requests fail for no longer than 8s
    And "rerank-api" recovers within 10s of its end
