@kind
Feature: The pneumonia detector's users are spread over those who are ready
  A gateway that is told to go drains for eight seconds: it answers whoever still comes, and says that it is not ready. The
  runbook has no figures. News of a change takes about two seconds to be everywhere; half of an even share is chosen,
  for who is asked is drawn by lot. Not run yet.

  @promise.P9 @severity:normal
  Scenario: A gateway goes and another one comes, and only who is ready is asked
    Given "pneumonia-detector" is in its steady state
    And 30 requests per second arrive
    When a pod of "gateway" is deleted
    Then an instance of "gateway" that is not ready gets nothing later than 3s
    And each ready instance of "gateway" answers at least 50% of its even share
    And at least 99% of requests succeed in the 30s after
