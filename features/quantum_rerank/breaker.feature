@local @kind
Feature: QuantumRerank spares a cache that has failed
  An instance leaves a cache that failed alone for a second, and tries again with one request. Users get computed answers,
  which say so (x-cache: off).

  Background:
    Given "quantum-rerank" is in its steady state
    And 50 requests per second arrive
    And calls to "redis" are counted

  # Three instances try once a second each: a look and, if that is answered, what is kept.
  Scenario: The breaker opens, answers come without the cache, and it closes again
    When "redis" answers nothing for 20s
    Then the circuit breaker to "redis" opens within 5s, with at most 40 calls in any 5s from then on
    And from 5s on until its end the 95th percentile of latency stays below 200ms
    And from 5s on until its end at least 80% of answers to "rerank" are degraded
    And the circuit breaker to "redis" closes within 15s of its end
    And every request is answered within 1500ms

  Scenario: Without a breaker each request waits for the cache
    Given "rerank-api" has the weakness "no breaker"
    When "redis" answers nothing for 20s
    Then the circuit breaker to "redis" opens within 5s, with at most 40 calls in any 5s from then on

  Scenario: A breaker that never closes goes on without the cache
    Given "rerank-api" has the weakness "breaker that never closes"
    When "redis" answers nothing for 20s
    Then the circuit breaker to "redis" closes within 15s of its end

  Scenario: A breaker that opens at the first error does so too soon
    When "redis" resets connections for 15s
    Then the circuit breaker to "redis" does not open before 5 calls have failed
