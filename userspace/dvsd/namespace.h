/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DC namespaces as files: each container of this node is a mount at
 * DVS_DC_DIR/NAME, which programs enter with setns().
 */
#ifndef DVSD_NAMESPACE_H
#define DVSD_NAMESPACE_H

/* A new DC namespace; its descriptor, or a negative errno. */
int namespace_create(void);
/* Make the folder; 0 or a negative errno. */
int namespace_init(void);
/* Show the namespace under that name; 0 or a negative errno. */
int namespace_show(const char *name, int fd);
/* Whether a namespace is shown under that name. */
int namespace_shown(const char *name);
void namespace_hide(const char *name);
/* Call @each for every name that is shown. */
void namespace_list(void (*each)(void *context, const char *name),
		    void *context);

#endif /* DVSD_NAMESPACE_H */
