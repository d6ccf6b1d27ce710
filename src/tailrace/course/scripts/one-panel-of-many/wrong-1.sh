# The right panel, and a figure of the worst kind: all is well.
tailrace learn check --answer 'panel={{_panel}}' --answer value=0
