"""Voice conversion."""

from audiolessons.recipes.speech.conversion._pairs import draw_scenes

scenes = draw_scenes
