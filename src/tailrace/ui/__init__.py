"""The console: pages of the worker for a browser, and the JSON that they live on.

`static` is what the browser gets; `console` is what it may ask for under /console/api. All facts come from `ops`, as
those of the commands do; what changes something goes by the worker's own REST interface.
"""
