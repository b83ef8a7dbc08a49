"""Every test is a shape test: annotated shapes and types are checked at each call of the modules that compute."""

from jaxtyping import install_import_hook

COMPUTING = (
    "alphabet clustering comparison dataset distances encoding evaluation latent metrics modalities models nn "
    "observation plots reading run sampling showing splitting training workflow"
)

install_import_hook([f"genomimic.{name}" for name in COMPUTING.split()], "beartype.beartype")
