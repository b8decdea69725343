# Copy the lists of the user, which reach other machines as outputs.
LISTS = {
    "removal_list": settings.photos.removal_list,
    "excluded_faces": settings.faces.exclude,
}
LIST_SETTINGS = {
    "removal_list": "photos.removal_list",
    "excluded_faces": "faces.exclude",
}


# The lists aren't in the repository, whose files are sent with jobs.
rule copy_list:
    input:
        lambda wildcards: listed(LISTS[wildcards.list]),
    output:
        "<results>/lists/{list}",
    log:
        "<logs>/copy_list/{list}.log",
    wildcard_constraints:
        list="|".join(LISTS),
    localrule: True
    threads: 1
    resources:
        mem_mb=more(500),
        runtime=5,
    params:
        setting=lambda wildcards: LIST_SETTINGS[wildcards.list],
        path=lambda wildcards: LISTS[wildcards.list],
        contents=lambda wildcards: content_digests([LISTS[wildcards.list]]),
    message:
        "Copying the list {wildcards.list}"
    script:
        "../scripts/copy_list.py"
