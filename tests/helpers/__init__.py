"""What tests share: models, data and oracles. No test lives here."""
