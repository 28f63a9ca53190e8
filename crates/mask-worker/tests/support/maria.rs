//! MariaDB with the rights of Aurora MySQL's master.
