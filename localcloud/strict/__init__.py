"""The limits and rules of AWS that moto does not enforce: what passes here passes there."""
