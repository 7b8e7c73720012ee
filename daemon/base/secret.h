/*
 * Who may read a file that holds a secret.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

/*
 * The bits of its mode that must not be set. `credentials` is the value of CREDENTIALS_DIRECTORY or
 * NULL: below it systemd hands files to one service alone, and where the file system has access
 * lists it names the service's user in one, which shows as read permission of the group (0440;
 * systemd.exec(5), LoadCredential=).
 */
unsigned secret_others(const char *path, const char *credentials);

#endif
