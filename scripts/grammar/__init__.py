"""The parts of scripts/generate_grammar.py: one file of output, or one input, a module."""
