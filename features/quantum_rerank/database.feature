Feature: QuantumRerank whose database connections run out
  Each pod has a pool of five. Whoever gets no connection within half a second is told so, instead of being kept
  waiting, and a statement is given a second; what is in the cache is answered without one.

  @severity:critical
  Scenario: The connection pool is exhausted, users are told at once, and it heals when connections are free again
    Given "quantum-rerank" is in its steady state
    And 50 requests per second arrive
    When the connection pool of "rerank-api" is exhausted for 15s
    Then every request is answered within 1900ms
    And "rerank-api" recovers within 10s of its end
