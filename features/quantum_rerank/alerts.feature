@local @kind
Feature: QuantumRerank's alerts fire when, and only when, their condition lasts as long as they say
  Limits are those of the runbook's table; alerts.shortened in system.yaml divides them by ten.

  Background:
    Given "quantum-rerank" is in its steady state
    And 50 requests per second arrive

  # Errors above 10 % over a minute, for two minutes; one minute more is the reserve of whoever is on call.
  @promise.Q16
  Scenario: Errors that last fire their alert, and it is resolved
    When "rerank-api" answers 30% errors for 30s
    Then the alert "errors above 10%" fires within 4m
    And the alert "errors above 10%" is resolved within 3m of its end

  Scenario: Errors that pass fire nothing
    When "rerank-api" answers 30% errors for 4s
    Then nothing above "P1" fires
    And "rerank-api" recovers within 20s of its end

  Scenario: The same promise for errors that pass is broken
    When "rerank-api" answers 30% errors for 4s
    Then the alert "errors above 10%" fires within 4m

  Scenario: Nobody is called is broken by errors that last
    When "rerank-api" answers 30% errors for 30s
    Then nothing above "P1" fires
