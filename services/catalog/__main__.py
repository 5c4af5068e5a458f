from services.catalog.app import SERVICE
from shared.roles import main

if __name__ == "__main__":
    main(SERVICE)
