//! Who somebody is: passwords, logins, sign-up links, tickets.
