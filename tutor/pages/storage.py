"""Static files in production."""

from servestatic.storage import CompressedManifestStaticFilesStorage


class HashedModulesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # ServeStatic is untyped for us
    """Gives every file a name with its hash, and rewrites the imports of ES modules to match; compresses them all.

    Without the second part a browser would mix new modules with old ones after a deploy. Django finds an import by its
    semicolon; one without is left alone, and a test looks for those.
    """

    support_js_module_import_aggregation = True
