"""Figures drawn from tables; nothing here saves or shows a figure but `save`."""
