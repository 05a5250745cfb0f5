// Every suite that starts applications of the infrastructure watches what they tell.
[assembly: AssemblyFixture(typeof(SuiteSecrets))]
