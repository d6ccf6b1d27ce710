"""AWS, by the SDK's usual settings: credentials, profile, region and endpoint by environment and configuration."""
