@local @kind
Feature: QuantumRerank's users never hang
  A database that answers nothing makes errors, and each of them comes in time.

  Background:
    Given "quantum-rerank" is in its steady state
    And 50 requests per second arrive

  Scenario: The database answers nothing, and every user is told so
    When "postgres" answers nothing for 10s
    Then every request is answered within 1900ms

  Scenario: Without time limits users hang
    Given "rerank-api" has the weakness "no time limits"
    When "postgres" answers nothing for 10s
    Then every request is answered within 1900ms

  Scenario: Requests that queue for the database show in its pool
    When "postgres" answers 400ms slower for 10s
    Then the gauge "pool waiting" of "rerank-api" stays below 1
