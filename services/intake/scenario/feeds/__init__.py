"""The doors of the scenario source to the outside: scenario files come in, truth files go out."""
