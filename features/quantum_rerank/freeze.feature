Feature: A pod of QuantumRerank hangs
  It keeps its connections and answers nobody, which no crash detector sees. A kubelet that has given it up meanwhile starts it
  anew as soon as it can be stopped: then it drains, starts and warms up after the freeze is over.

  Scenario: One pod freezes for a while
    Given "quantum-rerank" is in its steady state
    When a pod of "rerank-api" freezes for 20s
    Then the failure is noticed by readiness within 5s
    And at least 90% of requests succeed in the 20s after
    And requests fail for no longer than 8s
    And "rerank-api" recovers within 20s of its end
