"""Everything that has a name and ships: recipes, embedders, learners, maps and measured tables.

recipes, learners                      the named learners, and loading them
embedders                              the named embeddings: fitting and loading them
maps, make_map                         the maps that ship, and making them
results, reports                       measured tables, and single measurements by name
train_recipe, measure_tables, release  making all of it again
names, restore                         where the files are; making a learner of your own again from its file
"""
