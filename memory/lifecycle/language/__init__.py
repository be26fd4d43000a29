"""What a statement says, and what another one makes of it: pure rules over plain English."""
