@kind
Feature: The pneumonia detector's audit trail is complete
  Who has an image read gives the event a name. Auditors ask for the names of all readings that were answered: each has to
  stand in the trail once. What was not answered may stand there or not.
  While nobody writes events no reading is answered: ten seconds of that are chosen, for a crash of all instances at once.
  A crash of one shows too little: where both gateways happen to keep their connections to the other one, nothing is lost by a
  gateway that does not wait for the trail either (seen on kind: HELD).

  @promise.P8 @severity:critical
  Scenario: The security framework crashes, no event is lost, and none is there twice
    Given "pneumonia-detector" is in its steady state
    And 30 requests per second arrive
    And users are of the kinds "Clinician" 85%, "Auditor" 15%
    When every pod of "security" crashes
    Then no answer to "trail" is wrong
    And "security" heals by itself within 30s
    And requests fail for no longer than 10s
