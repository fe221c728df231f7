"""Making things happen: experiments, faults, probes, the engine and the command line."""
