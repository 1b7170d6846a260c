export interface Account {
  id: number;
  username: string;
  password_hash: string;
  first_name: string;
  last_name: string;
  email: string;
  is_staff: boolean;
  is_superuser: boolean;
  is_active: boolean;
  date_joined: string;
  /** Held on everything, by roles of the account and of its groups. */
  permissions: string[];
}
